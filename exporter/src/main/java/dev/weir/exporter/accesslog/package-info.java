/**
 * Exporter {@code access_log}: one line a connection event, as text or JSON, to standard output or
 * a file with rotation. Keys, defaults, example and limits: README.md in this folder.
 *
 * <p>{@code consume} formats on the caller's thread and copies whole lines into a bounded buffer
 * ({@link dev.weir.exporter.accesslog.LineBuffer}); one thread takes them out and writes them
 * ({@link dev.weir.exporter.accesslog.LineWriter}). So a slow disk or reader costs lines, which are
 * counted, and never stalls who delivers.
 */
@NullMarked
package dev.weir.exporter.accesslog;

import org.jspecify.annotations.NullMarked;

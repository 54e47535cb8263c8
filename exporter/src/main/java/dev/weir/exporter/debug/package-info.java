/**
 * Exporter {@code debug}: writes what passes through a pipeline as text, for a person to read.
 * Keys, defaults, example and limits: README.md in this folder.
 */
@NullMarked
package dev.weir.exporter.debug;

import org.jspecify.annotations.NullMarked;

/** Extension {@code file_storage}: see README.md in this folder. */
@NullMarked
package dev.weir.extension.filestorage;

import org.jspecify.annotations.NullMarked;

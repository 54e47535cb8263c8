@NullMarked
package dev.weir.extension.filestorage;

import org.jspecify.annotations.NullMarked;

/** What components that write files share: putting full files aside. */
@NullMarked
package dev.weir.pipeline.files;

import org.jspecify.annotations.NullMarked;

/**
 * What tests of components in all modules use: the test jar of this module ({@code
 * <type>test-jar</type>}).
 */
@NullMarked
package dev.weir.pipeline.testing;

import org.jspecify.annotations.NullMarked;

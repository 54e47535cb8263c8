/** Tests of graph and lifecycle. */
@NullMarked
package dev.weir.pipeline.service;

import org.jspecify.annotations.NullMarked;

/**
 * Exporter {@code prometheus}: keeps the last value of each series and serves them to who scrapes.
 *
 * <p>{@code consume -> SeriesStore -> SeriesTable (one for each metric of a source) -> row}; a
 * scrape walks the families by name and their tables block by block.
 */
@NullMarked
package dev.weir.exporter.prometheus;

import org.jspecify.annotations.NullMarked;

package dev.weir.pipeline;

import java.time.Instant;

/**
 * The health of one instance of a component.
 *
 * @param kind its kind
 * @param id its ID
 * @param place what tells instances of one ID apart: the pipeline of a processor, the signal of an
 *     exporter, {@code traces to metrics} for a connector, otherwise empty
 * @param status the status
 * @param message why, for a person; empty when all is well
 * @param since when it came to be in this status
 */
public record ComponentStatus(
    ComponentKind kind,
    ComponentId id,
    String place,
    Host.Status status,
    String message,
    Instant since) {}

package dev.weir.pdata;

/**
 * A single measurement that stands for others in a point. Immutable.
 *
 * @param time nanoseconds since 1970
 * @param value {@link Value.Int} or {@link Value.Real}
 * @param attributes attributes that the point does not have
 * @param traceId 16 bytes, or none
 * @param spanId 8 bytes, or none
 */
public record Exemplar(
    long time, Value value, Attributes attributes, Value.Bytes traceId, Value.Bytes spanId) {}

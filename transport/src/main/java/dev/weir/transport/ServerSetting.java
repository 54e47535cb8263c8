package dev.weir.transport;

import io.opentelemetry.api.metrics.Meter;
import java.time.InstantSource;
import org.slf4j.Logger;

/**
 * What the servers of one component share.
 *
 * @param loops threads and buffers; whoever made them closes them after the servers
 * @param admission what may be held at once
 * @param stalls ends requests that stop half way
 * @param clock when certificates are read again
 * @param logger logs under the component's name
 * @param meter for what servers say of each request
 */
public record ServerSetting(
    ServerLoops loops,
    Admission admission,
    StallWatch stalls,
    InstantSource clock,
    Logger logger,
    Meter meter) {}

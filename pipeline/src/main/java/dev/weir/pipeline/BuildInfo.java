package dev.weir.pipeline;

/**
 * Which agent this is.
 *
 * @param command the name of the command, {@code weir}
 * @param version the version
 */
public record BuildInfo(String command, String version) {}

package dev.weir.pipeline;

/** Brings data into pipelines. One instance serves all pipelines that name its ID. */
public interface Receiver extends Component {}

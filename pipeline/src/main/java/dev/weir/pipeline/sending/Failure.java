package dev.weir.pipeline.sending;

import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.config.GoDuration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a request was not delivered, with the texts that the Collector has for it.
 *
 * @param text what the log says
 * @param answer what whoever sent the data is told: the description alone of a bare status
 * @param code the status of the answer
 * @param errorType label {@code error.type} of own metrics
 * @param permanent whether trying again is of no use
 * @param shutdown whether the agent's own end is the reason
 * @param after how long the destination asked to wait
 */
record Failure(
    String text,
    String answer,
    Code code,
    String errorType,
    boolean permanent,
    boolean shutdown,
    @Nullable Duration after) {
  private static final String OTHER = "_OTHER";

  /** Returns what an outcome of a destination means, or null if the batch was taken. */
  static @Nullable Failure of(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Accepted _ -> null;
      case Outcome.Partial _ -> null;
      case Outcome.Retry retry -> {
        Failure bare = bare(retry.reason(), retry.code(), Code.UNAVAILABLE, false, retry.after());
        yield retry.after() == null
            ? bare
            : bare.within("Throttle (" + GoDuration.format(retry.after()) + "), error: ");
      }
      case Outcome.Refused refused ->
          bare(refused.reason(), refused.code(), refused.code(), true, null)
              .within("Permanent error: ");
    };
  }

  private static Failure bare(
      String reason, Code code, Code otherwise, boolean permanent, @Nullable Duration after) {
    String description = StatusText.description(code, reason);
    if (description != null) {
      return new Failure(reason, description, code, StatusText.name(code), permanent, false, after);
    }
    String type = code == Code.DEADLINE_EXCEEDED ? "Deadline_Exceeded" : OTHER;
    return new Failure(reason, reason, otherwise, type, permanent, false, after);
  }

  /** Returns a failure that may be gone when tried again, and that no destination had a part in. */
  static Failure passing(String text) {
    return new Failure(text, text, Code.UNAVAILABLE, OTHER, false, false, null);
  }

  /** Returns the failure of a component that threw an exception. */
  static Failure bug(Throwable thrown) {
    String text = "Permanent error: " + thrown;
    return new Failure(text, text, Code.INTERNAL, OTHER, true, false, null);
  }

  /** Returns the failure of what was under way when the agent ended. */
  static Failure interrupted(String what) {
    return passing(what).byShutdown();
  }

  /** Returns the same failure, told in a longer text. */
  Failure within(String prefix) {
    String longer = prefix + text;
    return new Failure(longer, longer, code, errorType, permanent, shutdown, after);
  }

  /** Returns the same failure, which nobody tries again because the agent ends. */
  Failure byShutdown() {
    String longer = "interrupted due to shutdown: " + text;
    return new Failure(longer, longer, code, "Shutdown", permanent, true, after);
  }

  /** Returns both failures as one: of two parts of one request. */
  Failure and(Failure other) {
    String both = text + "; " + other.text;
    Failure graver = other.permanent && !permanent ? other : this;
    return new Failure(
        both,
        both,
        graver.code,
        graver.errorType,
        graver.permanent,
        shutdown || other.shutdown,
        after);
  }

  /** Returns what whoever sent the data is told. */
  Outcome outcome() {
    return permanent ? new Outcome.Refused(answer, code) : new Outcome.Retry(answer, code, after);
  }
}

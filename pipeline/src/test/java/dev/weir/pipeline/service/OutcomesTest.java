package dev.weir.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class OutcomesTest {
  private static final Outcome ACCEPTED = Outcome.accepted();
  private static final Outcome RETRY = Outcome.retry("full");
  private static final Outcome REFUSED = Outcome.refused("no");
  private static final Outcome PARTIAL = new Outcome.Partial(2, "some");

  private static Outcome combined(Outcome... outcomes) {
    Outcomes all = new Outcomes();
    Stream.of(outcomes).forEach(all::add);
    return all.combined();
  }

  @Test
  void allAcceptedIsAccepted() {
    assertThat(combined()).isEqualTo(ACCEPTED);
    assertThat(combined(ACCEPTED, ACCEPTED)).isEqualTo(ACCEPTED);
  }

  @Test
  void anyRetryIsRetryWhateverTheOthersSay() {
    assertThat(combined(ACCEPTED, RETRY)).isEqualTo(RETRY);
    assertThat(combined(RETRY, ACCEPTED)).isEqualTo(RETRY);
    assertThat(combined(RETRY, PARTIAL)).isEqualTo(RETRY);
    assertThat(combined(REFUSED, RETRY))
        .isEqualTo(new Outcome.Retry("full; no", Code.UNAVAILABLE, null));
  }

  @Test
  void refusedGoesBeforePartialAndAccepted() {
    assertThat(combined(ACCEPTED, REFUSED)).isEqualTo(REFUSED);
    assertThat(combined(PARTIAL, REFUSED, ACCEPTED)).isEqualTo(REFUSED);
    assertThat(combined(REFUSED, new Outcome.Refused("never", Code.INVALID_ARGUMENT)))
        .isEqualTo(new Outcome.Refused("no; never", Code.INTERNAL));
  }

  @Test
  void partialsAddUp() {
    assertThat(combined(ACCEPTED, PARTIAL)).isEqualTo(PARTIAL);
    assertThat(combined(PARTIAL, new Outcome.Partial(3, "others")))
        .isEqualTo(new Outcome.Partial(5, "some; others"));
  }

  @Test
  void theLongestWaitCounts() {
    Outcome second = new Outcome.Retry("later", Code.RESOURCE_EXHAUSTED, Duration.ofSeconds(1));
    Outcome minute = new Outcome.Retry("later", Code.UNAVAILABLE, Duration.ofMinutes(1));
    assertThat(combined(second, minute, RETRY))
        .isEqualTo(
            new Outcome.Retry("later; full", Code.RESOURCE_EXHAUSTED, Duration.ofMinutes(1)));
  }
}

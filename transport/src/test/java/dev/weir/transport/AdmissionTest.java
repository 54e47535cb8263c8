package dev.weir.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AdmissionTest {
  private final Admission admission = new Admission(1000, 100, 10, 10);

  @Test
  void chargesShareTheLimitOfBytesAndHaveOneOfTheirOwn() {
    try (Admission.Charge one = admission.charge();
        Admission.Charge other = admission.charge()) {
      assertThat(one.take(60)).isTrue();
      assertThat(other.take(41)).isFalse();
      assertThat(other.neverFits(10)).isFalse();
      assertThat(other.take(101)).isFalse();
      assertThat(other.neverFits(10)).isTrue();
      assertThat(admission.bytes()).isEqualTo(60);
      assertThat(admission.overCharged()).isEqualTo(2);

      assertThat(admission.takeBytes(940)).isTrue();
      assertThat(other.take(1)).isFalse();
      assertThat(other.neverFits(999)).isFalse();
      assertThat(other.neverFits(1000)).isTrue();
      admission.releaseBytes(940);
      assertThat(other.take(40)).isTrue();
    }
    assertThat(admission.bytes()).isZero();
    assertThat(admission.overBytes()).isZero();
    try (Admission.Charge all = admission.charge()) {
      assertThat(all.take(100)).isTrue();
    }
  }
}

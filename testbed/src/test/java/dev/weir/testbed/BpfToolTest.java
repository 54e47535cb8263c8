package dev.weir.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.BpfTool.Ids;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BpfToolTest {
  @Test
  void aProcessWithoutBpfHoldsNone() {
    assertThat(BpfTool.heldBy(ProcessHandle.current().pid()).isEmpty()).isTrue();
  }

  @Test
  void theKernelCanBeAsked() {
    assertThat(BpfTool.present().programs()).isEqualTo(BpfTool.programNames().keySet());
  }

  @Test
  void whatIsLeftIsWhatIsInBoth() {
    Ids before = new Ids(Set.of(1L, 2L), Set.of(3L), Set.of());
    Ids after = new Ids(Set.of(2L, 9L), Set.of(4L), Set.of(5L));
    assertThat(before.and(after)).isEqualTo(new Ids(Set.of(2L), Set.of(), Set.of()));
  }
}

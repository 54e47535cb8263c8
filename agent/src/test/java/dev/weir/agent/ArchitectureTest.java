package dev.weir.agent;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * Holds the direction of imports: {@code pdata <- pipeline <- components <- agent; bpf <-
 * receiver}.
 */
final class ArchitectureTest {
  private static final JavaClasses WEIR =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.weir");

  private static final String[] COMPONENTS = {
    "dev.weir.receiver..",
    "dev.weir.processor..",
    "dev.weir.exporter..",
    "dev.weir.connector..",
    "dev.weir.extension.."
  };

  @Test
  void theRulesSeeTheWholeHouse() {
    Assertions.assertThat(WEIR.containPackage("dev.weir.pdata")).isTrue();
    Assertions.assertThat(WEIR.containPackage("dev.weir.pipeline.config")).isTrue();
    Assertions.assertThat(WEIR.containPackage("dev.weir.bpf")).isTrue();
    Assertions.assertThat(WEIR.containPackage("dev.weir.agent")).isTrue();
  }

  @Test
  void telemetryInMemoryKnowsNobody() {
    noClasses()
        .that(resideInAPackage("dev.weir.pdata.."))
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.weir..").and(resideInAPackage("dev.weir.pdata..").negate()))
        .check(WEIR);
  }

  @Test
  void theBpfSideKnowsNobody() {
    noClasses()
        .that(resideInAPackage("dev.weir.bpf.."))
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.weir..").and(resideInAPackage("dev.weir.bpf..").negate()))
        .check(WEIR);
  }

  @Test
  void thePipelineKnowsOnlyTelemetryInMemory() {
    noClasses()
        .that(resideInAPackage("dev.weir.pipeline.."))
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.weir..")
                .and(resideInAnyPackage("dev.weir.pipeline..", "dev.weir.pdata..").negate()))
        .check(WEIR);
  }

  @Test
  void componentsDoNotKnowTheAgent() {
    noClasses()
        .that(resideInAnyPackage(COMPONENTS))
        .should()
        .dependOnClassesThat(resideInAPackage("dev.weir.agent.."))
        .allowEmptyShould(true)
        .check(WEIR);
  }

  @Test
  void onlyReceiversKnowTheBpfSide() {
    noClasses()
        .that(
            resideInAnyPackage(
                "dev.weir.processor..",
                "dev.weir.exporter..",
                "dev.weir.connector..",
                "dev.weir.extension.."))
        .should()
        .dependOnClassesThat(resideInAPackage("dev.weir.bpf.."))
        .allowEmptyShould(true)
        .check(WEIR);
  }

  @Test
  void noComponentImportsAnother() {
    for (String kind :
        new String[] {"receiver", "processor", "exporter", "connector", "extension"}) {
      slices()
          .matching("dev.weir." + kind + ".(*)..")
          .should()
          .notDependOnEachOther()
          .allowEmptyShould(true)
          .check(WEIR);
    }
    slices()
        .matching("dev.weir.(receiver|processor|exporter|connector|extension)..")
        .should()
        .notDependOnEachOther()
        .allowEmptyShould(true)
        .check(WEIR);
  }

  @Test
  void modulesHaveNoCycles() {
    slices().matching("dev.weir.(*)..").should().beFreeOfCycles().check(WEIR);
  }
}

package dev.weir.exporter.otlphttp;

import dev.weir.exporter.otlphttp.OtlpHttpExporterConfig.Encoding;
import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.ExportResponse;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pdata.otlp.Pieces;
import dev.weir.pdata.otlp.RpcStatus;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.sending.Destination;
import dev.weir.pipeline.sending.StatusText;
import dev.weir.transport.HttpPoster;
import dev.weir.transport.HttpReply;
import dev.weir.transport.SharedInstances;
import dev.weir.transport.tls.TlsException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Sends a batch as one POST. Which answers mean to try again, and the words for them, are the
 * Collector's (collector.md 4).
 */
final class OtlpHttpDestination<T extends Item> implements Destination<T> {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  /** A server that says to wait longer is not believed. */
  private static final long LONGEST_SECONDS = 365L * 86_400;

  /** Who has a client of its own. */
  record Owner(ComponentId id, OtlpHttpExporterConfig config) {}

  private final ComponentContext context;
  private final OtlpHttpExporterConfig config;
  private final Signal<T> signal;
  private final Owner owner;
  private final SharedInstances<Owner, HttpPoster> clients;
  private final String url;
  private @Nullable HttpPoster client;

  OtlpHttpDestination(
      ComponentContext context,
      OtlpHttpExporterConfig config,
      Signal<T> signal,
      SharedInstances<Owner, HttpPoster> clients) {
    this.context = context;
    this.config = config;
    this.signal = signal;
    this.owner = new Owner(context.id(), config);
    this.clients = clients;
    this.url = config.url(signal);
  }

  @Override
  public void start(Host host) throws StartException {
    if (url.isEmpty()) {
      throw new StartException(
          "either endpoint or " + signal.signalName() + "_endpoint must be specified");
    }
    try {
      client =
          clients.open(
              owner,
              () ->
                  HttpPoster.open(
                      context.id().toString(),
                      config.client(),
                      context.build(),
                      context.clock(),
                      context.logger()));
    } catch (TlsException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public Outcome send(Telemetry<T> batch, Duration timeout) throws InterruptedException {
    HttpPoster open = client;
    if (open == null) {
      return Outcome.retry("the exporter is not started");
    }
    boolean json = config.encoding() == Encoding.JSON;
    Pieces body = json ? Pieces.of(OtlpJson.encode(batch)) : OtlpProtobuf.pieces(batch);
    return switch (open.post(URI.create(url), json ? JSON : PROTOBUF, body, timeout)) {
      case HttpReply.Failed failed ->
          new Outcome.Retry(
              failed.reason(), failed.timedOut() ? Code.DEADLINE_EXCEEDED : Code.UNAVAILABLE, null);
      case HttpReply.Answer answer ->
          answer.status() >= 200 && answer.status() <= 299 ? taken(answer) : refused(answer);
    };
  }

  private Outcome taken(HttpReply.Answer answer) {
    if (answer.body().length == 0) {
      return Outcome.accepted();
    }
    String form = "protobuf";
    try {
      ExportResponse said =
          switch (answer.contentType()) {
            case PROTOBUF -> ExportResponse.ofProtobuf(answer.body());
            case JSON -> {
              form = "json";
              yield ExportResponse.ofJson(signal, answer.body());
            }
            default -> ExportResponse.SUCCESS; // it took the request, whatever it says
          };
      return said.isPartial()
          ? new Outcome.Partial(said.rejected(), said.message())
          : Outcome.accepted();
    } catch (OtlpFormatException e) {
      return Outcome.refused("error parsing " + form + " response: " + e.getMessage());
    }
  }

  private Outcome refused(HttpReply.Answer answer) {
    int status = answer.status();
    Code code =
        switch (status) {
          case 400 -> Code.INVALID_ARGUMENT;
          case 401 -> Code.UNAUTHENTICATED;
          case 403 -> Code.PERMISSION_DENIED;
          case 404 -> Code.UNIMPLEMENTED;
          case 429 -> Code.RESOURCE_EXHAUSTED;
          case 502, 503, 504 -> Code.UNAVAILABLE;
          default -> Code.UNKNOWN;
        };
    String reason =
        StatusText.of(
            code,
            "error exporting items, request to "
                + url
                + " responded with HTTP Status Code "
                + status
                + said(answer));
    return switch (status) {
      case 429, 503 -> new Outcome.Retry(reason, code, retryAfter(answer));
      case 502, 504 -> new Outcome.Retry(reason, code, null);
      default -> new Outcome.Refused(reason, code);
    };
  }

  /** Returns what the server says of its refusal, if it says it as OTLP demands. */
  private static String said(HttpReply.Answer answer) {
    if (answer.status() < 400) {
      return "";
    }
    try {
      RpcStatus status =
          answer.contentType().equals(JSON) && answer.body().length > 0
              ? RpcStatus.ofJson(answer.body())
              : RpcStatus.ofProtobuf(answer.body());
      String details =
          String.join(" ", status.details().stream().map(RpcStatus.Detail::typeUrl).toList());
      return ", Message=" + status.message() + ", Details=[" + details + "]";
    } catch (OtlpFormatException e) {
      return "";
    }
  }

  /** Returns how long to wait: whole seconds, or until a date (RFC 9110 10.2.3). */
  private @Nullable Duration retryAfter(HttpReply.Answer answer) {
    String header = answer.retryAfter();
    if (header == null) {
      return null;
    }
    String text = header.strip();
    try {
      if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        long seconds = text.length() > 9 ? LONGEST_SECONDS : Long.parseLong(text);
        return Duration.ofSeconds(Math.min(seconds, LONGEST_SECONDS));
      }
      Instant date = DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from);
      Duration wait = Duration.between(context.clock().instant(), date);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeException e) {
      return null; // it says nothing that anybody understands
    }
  }

  @Override
  public void stop(Duration grace) {
    if (client != null) {
      client = null;
      clients.close(owner, grace);
    }
  }
}

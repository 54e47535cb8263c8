#!/bin/sh
# The run that the AOT cache is made from: plays back a recording through every component of config.yaml, asks both
# pages, and stops. Needs neither kernel nor privileges. Called by build/dist.sh with WEIR_AOT_TRAINING set.
#
#   build/train.sh LAUNCHER weir|weir-otlp     the second also sends everything to itself by OTLP, over gRPC and HTTP
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

launcher=$1
name=$2
set -- --config examples/replay/config.yaml
if [ "$name" = weir-otlp ]; then
  # Somewhere above what systems hand out by themselves less often; taken by another, the training fails and says so.
  WEIR_TRAINING_GRPC=$((20000 + $$ % 10000))
  WEIR_TRAINING_HTTP=$((WEIR_TRAINING_GRPC + 1))
  export WEIR_TRAINING_GRPC WEIR_TRAINING_HTTP
  set -- "$@" --config build/train-otlp.yaml
fi
"$launcher" "$@" \
  --set receivers.ebpf_tcp.replay_speed=0 \
  --set exporters.prometheus.endpoint=localhost:0 \
  --set exporters.access_log.path=/dev/null \
  --set 'service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: {host: localhost, port: 0}}}}]' \
  >"$log" 2>&1 &
agent=$!

tries=0
until grep -q 'own metrics: ' "$log"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ] || ! kill -0 "$agent" 2>/dev/null; then
    cat "$log"
    kill "$agent" 2>/dev/null || true
    exit 1
  fi
  sleep 0.1
done
sleep 1 # the recording is played and collected once more
if command -v curl >/dev/null; then
  for url in $(sed -n 's/.*: \(http:.*\)/\1/p' "$log"); do
    curl -sS -o /dev/null "$url" || true
  done
fi
if [ "$name" = weir-otlp ] && command -v curl >/dev/null; then
  curl -sS -o /dev/null -H 'Content-Type: application/json' -d '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}' \
    "http://127.0.0.1:$WEIR_TRAINING_HTTP/v1/logs" || true
fi
kill -TERM "$agent"
wait "$agent"
cat "$log"

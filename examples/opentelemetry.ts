/**
 * Exports spans and metrics with OpenTelemetry. This program prints them; for a collector use the exporters of
 * @opentelemetry/exporter-trace-otlp-http and @opentelemetry/exporter-metrics-otlp-http.
 */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { ConsoleMetricExporter, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor, ConsoleSpanExporter } from "@opentelemetry/sdk-trace-base"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TableauSession, Workbooks } from "effect-tableau"
import * as TableauNode from "effect-tableau/node"

const Telemetry = NodeSdk.layer(() => ({
  resource: { serviceName: "workbook-report" },
  spanProcessor: new BatchSpanProcessor(new ConsoleSpanExporter()),
  metricReader: new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })
}))

const Session = TableauSession.layerConfig().pipe(Layer.provide(TableauNode.layerHttpClient()))

const report = Effect.gen(function* () {
  const { totalAvailable } = yield* Workbooks.list()
  yield* Console.log(`There are ${totalAvailable} workbooks on site`)
}).pipe(Effect.withSpan("report"))

// Telemetry is outside the session, so that it includes the sign-out.
report.pipe(Effect.provide(Session), Effect.provide(Telemetry), TableauNode.runMain)

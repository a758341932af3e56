/**
 * Spans and metrics by OpenTelemetry. Here they are printed: for a collector take the exporters of
 * @opentelemetry/exporter-trace-otlp-http and @opentelemetry/exporter-metrics-otlp-http instead.
 */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
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

// The telemetry around the session: then it sees the sign-out too, and what is left is exported at the end.
report.pipe(Effect.provide(Session), Effect.provide(Telemetry), NodeRuntime.runMain)

export { type MetricsHandlerOptions, metricsHandler } from './prom/metrics-handler.js'
export { type PrometheusOptions, prometheusMetrics } from './prom/prometheus-metrics.js'

import { KeelsonError } from '@keelson/kernel'
import { redact } from '@keelson/kernel/redact'
import { type Span, SpanStatusCode } from '@opentelemetry/api'

/** Notes an error at a span, without secrets, as OpenTelemetry's conventions have it; `fails` says that the span has failed by it. */
export function recordError(span: Span, error: unknown, at: number, fails = true): void {
  const message = redact(error)
  const code = error instanceof KeelsonError ? error.code : 'error'
  const stack = error instanceof Error && typeof error.stack === 'string' ? redact(error.stack) : undefined
  span.recordException({ name: code, message, ...(stack !== undefined && { stack }) }, at)
  if (!fails) return
  span.setAttribute('error.type', code)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}

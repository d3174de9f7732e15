export { type Clock, systemClock } from './clock.js'
export type { HookContext, StartContext, StopContext } from './context.js'
export {
  type Dependencies,
  type Dependency,
  type OptionalDependency,
  optional,
  type RefDependency,
  type ResourceLike,
  ref,
  resourceOf,
  type Value,
  type Values,
} from './dependency.js'
export { type ErrorCode, type ErrorDetails, KeelsonError, type KeelsonErrorOptions, type Phase } from './errors.js'
export type { KernelEvent, KernelEventOf, KernelEvents, KernelEventType, KernelListener } from './events.js'
export type { EdgeKind } from './graph.js'
export { createKernel, type Kernel, type KernelDefaults, type KernelOptions } from './kernel.js'
export type { KernelView } from './kernel-view.js'
export type { Plan, PlannedDependency, PlannedResource } from './plan.js'
export type { Probe, ProbeReason, ProbeStatus } from './probe.js'
export type { Ref } from './ref.js'
export type { Replacement } from './replacement.js'
export { type Outcome, type ResourceOutcome, ShutdownError, type ShutdownReport, StartError } from './report.js'
export {
  type Impact,
  type MonitorOptions,
  RESOURCE,
  type Resource,
  type ResourceCarrier,
  type ResourceOptions,
  type RestartOptions,
  resource,
  type Timeouts,
} from './resource.js'
export type { CheckSnapshot, KernelSnapshot, ResourceSnapshot } from './snapshot.js'
export type { Health, KernelState, ResourceState } from './state.js'
export type { Span } from './timeline.js'

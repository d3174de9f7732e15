export type { HookContext, StartContext, StopContext } from './cell/context.js'
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
} from './define/dependency.js'
export type { Ref } from './define/ref.js'
export type { Replacement } from './define/replacement.js'
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
} from './define/resource.js'
export { type ErrorCode, type ErrorDetails, KeelsonError, type KeelsonErrorOptions, type Phase } from './errors.js'
export type { EdgeKind } from './graph/graph.js'
export type { Plan, PlannedDependency, PlannedResource } from './graph/plan.js'
export { createKernel, type Kernel, type KernelDefaults, type KernelOptions } from './kernel.js'
export type { KernelEvent, KernelEventOf, KernelEvents, KernelEventType, KernelListener } from './observe/events.js'
export type { KernelView } from './observe/kernel-view.js'
export type { Probe, ProbeReason, ProbeStatus } from './observe/probe.js'
export { type Outcome, type ResourceOutcome, ShutdownError, type ShutdownReport, StartError } from './observe/report.js'
export type { CheckSnapshot, KernelSnapshot, ResourceSnapshot } from './observe/snapshot.js'
export type { Span } from './observe/timeline.js'
export type { Health, KernelState, ResourceState } from './state.js'
export { type Clock, systemClock } from './time/clock.js'

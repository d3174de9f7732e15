export { createKernel } from './create-kernel.js'
export { RESOURCE, type Resource, type ResourceCarrier } from './define/carrier.js'
export type { HookContext, StartContext, StopContext } from './define/context.js'
export { resourceOf } from './define/definition-of.js'
export {
  type Dependencies,
  type Dependency,
  type LateArrival,
  type OptionalDependency,
  optional,
  type RefDependency,
  type ResourceLike,
  ref,
  type Value,
  type Values,
} from './define/dependency.js'
export type { HookCall, HookWrap } from './define/hook-wrap.js'
export type { KernelView } from './define/kernel-view.js'
export type { Panel, PanelAction, PanelFact, PanelGroup, PanelRow, PanelView, Tone } from './define/panel.js'
export type { Ref } from './define/ref.js'
export type { Replacement } from './define/replacement.js'
export {
  type MonitorOptions,
  type ResourceOptions,
  type RestartOptions,
  type RetryOptions,
  resource,
  type Timeouts,
} from './define/resource.js'
export { bringUp, type Subgraph, type SubgraphOptions, subgraph } from './define/subgraph.js'
export { type TaskOptions, task } from './define/task.js'
export type { TaskContext } from './define/task-context.js'
export { type Task, type TaskPlan, type TaskRun, taskRun } from './define/task-run.js'
export { type ErrorDetails, KeelsonError, type KeelsonErrorOptions } from './errors.js'
export type { Kernel, KernelDefaults, KernelOptions } from './kernel.js'
export type { Outcome } from './observe/ending.js'
export type { KernelEvent, KernelEventOf, KernelEvents, KernelEventType, KernelListener } from './observe/events.js'
export type { Plan, PlannedDrain, PlannedResource, PlannedRestart, PlannedShutdown } from './observe/planned.js'
export type { Probe, ProbeReason, ProbeStatus } from './observe/probe.js'
export { type ResourceOutcome, ShutdownError, type ShutdownReport, StartError } from './observe/report.js'
export type { CheckResult, CheckSnapshot, KernelSnapshot, PlannedDependency, ResourceSnapshot } from './observe/snapshot.js'
export type { OpenHook, Span } from './observe/timeline.js'
export type { Health, KernelState, ResourceState } from './state.js'
export { type Clock, systemClock } from './time/clock.js'
export type { EdgeKind, ErrorCode, Impact, Phase, WorkInFlight, WorkSnapshot } from './words.js'

export { type Inspector, inspector } from './inspector.js'
export type { InspectorOptions } from './inspector-options.js'
export type {
  ActionAnswer,
  ActionRequest,
  BudgetView,
  ErrorRecord,
  EventRecord,
  Finite,
  Hello,
  KernelPart,
  PanelPart,
  PlanPart,
  ResourceView,
  StateRecord,
  Update,
} from './protocol.js'
export type { FetchHandler } from './serve/fetch-handler.js'
export type { NodeHandler, NodeRequest, NodeResponse } from './serve/node-handler.js'

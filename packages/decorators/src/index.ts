export { Service, type ServiceDecorator, type ServiceOptions } from './define/service.js'
export { services } from './define/services.js'
export { type ParameterDecorator, Use } from './define/use.js'
export {
  OnActivate,
  OnCheck,
  OnDrain,
  OnKill,
  OnQuiesce,
  OnRun,
  OnStart,
  OnStop,
} from './hooks/decorators.js'
export type { RunOptions } from './hooks/hooks.js'
export { delay } from './inject/delay.js'
export type { Injected, InjectMismatch, InjectToken } from './inject/inject-list.js'
export { container, type DependencyContainer, inject, injectable } from './inject/tsyringe.js'

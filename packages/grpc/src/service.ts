import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'

/** A service and what answers its calls. */
export interface GrpcService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

/** Of a definition that was loaded while the program runs, nothing is known of its messages. */
// biome-ignore lint/suspicious/noExplicitAny: what is not known.
export type AnyHandler = (call: any, callback: any) => unknown

/** What has to answer a method, by the types of its messages; anything where the definition does not tell whether it streams. */
export type HandlerOf<M> = M extends {
  readonly requestDeserialize: (bytes: Buffer) => infer Q
  readonly responseSerialize: (value: infer R) => Buffer
}
  ? M extends { readonly requestStream: false; readonly responseStream: false }
    ? handleUnaryCall<Q, R>
    : M extends { readonly requestStream: true; readonly responseStream: false }
      ? handleClientStreamingCall<Q, R>
      : M extends { readonly requestStream: false; readonly responseStream: true }
        ? handleServerStreamingCall<Q, R>
        : M extends { readonly requestStream: true; readonly responseStream: true }
          ? handleBidiStreamingCall<Q, R>
          : AnyHandler
  : AnyHandler

/** I, which is not inferred from here. TypeScript has `NoInfer` since 5.4 only. */
type NotInferred<I> = [I][I extends unknown ? 0 : never]

/**
 * A service for `services` of `grpcServer()`: the types of its calls come from its definition, as `ts-proto` generates it, or from
 * the interface that was generated beside it, `service<OrdersServer>(…)`.
 *
 * @example
 * service(OrdersService, { get: (call, callback) => callback(null, { id: call.request.id }) })
 */
export function service<const S extends ServiceDefinition>(
  definition: S,
  implementation: { readonly [K in keyof S]: HandlerOf<S[K]> },
): GrpcService
export function service<I>(definition: ServiceDefinition<I>, implementation: NotInferred<I>): GrpcService
export function service(definition: unknown, implementation: unknown): GrpcService {
  return { definition: definition as ServiceDefinition, implementation: implementation as UntypedServiceImplementation }
}

export function isService(made: unknown): made is GrpcService {
  if (typeof made !== 'object' || made === null) return false
  const { definition, implementation } = made as Partial<GrpcService>
  return typeof definition === 'object' && definition !== null && typeof implementation === 'object' && implementation !== null
}

/** Its name, `shop.Orders`, as its paths have it: `/shop.Orders/Get`. */
export function nameOf({ definition }: GrpcService): string | undefined {
  const [method] = Object.values(definition)
  return method?.path.split('/')[1]
}

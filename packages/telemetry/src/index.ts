export { type InstrumentOptions, instrument } from './otel/instrument.js'
export { type OtelSdkOptions, otelSdk, type SdkLike } from './otel/otel-sdk.js'

export { conformance } from './conformance/conformance.js'
export { ConformanceError } from './conformance/stage/conformance-error.js'
export type {
  ConformanceAddress,
  ConformanceCase,
  ConformanceMake,
  ConformanceOptions,
  ConformanceRefusal,
  ConformanceResult,
  ConformanceServer,
  ConformanceSubject,
} from './conformance/stage/subject.js'
export { type TcpProxy, tcpProxy } from './conformance/stage/tcp-proxy.js'

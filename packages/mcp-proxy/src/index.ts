export { mcpProxy, runProxy } from './proxy.js'
export type { ProxyOptions } from './proxy-options.js'

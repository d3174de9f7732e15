export type { Document } from './document.js'
export { type MongoStandIn, type MongoStandInOptions, startMongoStandIn } from './stand-in.js'

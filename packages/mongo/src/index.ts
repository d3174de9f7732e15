export { type MongoOptions, mongo } from './mongo-client.js'

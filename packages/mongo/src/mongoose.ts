export { type MongooseOptions, mongoose } from './mongoose-connection.js'

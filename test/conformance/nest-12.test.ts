import { describeNest } from './nest.js'

await describeNest(12)

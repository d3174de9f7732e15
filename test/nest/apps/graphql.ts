// A GraphQL schema on Apollo Server.
import { createKernel } from '@keelson/kernel'
import { nestServer } from '@keelson/nest'
import { run } from '@keelson/node'
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import { Module, type OnModuleDestroy } from '@nestjs/common'
import { Args, GraphQLModule, Int, Query, Resolver } from '@nestjs/graphql'

const say = (text: string) => void process.stdout.write(`${text}\n`)

@Resolver()
class Waiting implements OnModuleDestroy {
  @Query(() => String)
  async wait(@Args('ms', { type: () => Int }) ms: number) {
    say(`waits for ${ms}`)
    await new Promise((resolve) => setTimeout(resolve, ms))
    return `waited for ${ms}`
  }
  onModuleDestroy() {
    say('resolver destroyed')
  }
}

@Module({
  imports: [GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, playground: false })],
  providers: [Waiting],
})
class AppModule {}

const api = nestServer('api', { module: AppModule, host: '127.0.0.1', options: { logger: ['warn', 'error'] } })
const kernel = createKernel([api], { name: 'graphql', shutdown: { delay: 500 } })
kernel.on('kernel:state', ({ to }) => {
  if (to === 'running') say(`listens at ${kernel.get(api).url}.`)
})
void run(kernel)

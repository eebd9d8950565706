// A real provider of OpenID Connect for the tests: says on its first line where it listens, and ends with its standard input.
// Its people need no page to sign in: whoever the request hints at is signed in at once.

import http from 'node:http'
import process from 'node:process'
import Provider from 'oidc-provider'

const { issuer, clients, people, jwks, secret } = JSON.parse(process.argv[2])

let answer
const server = http.createServer((request, response) => answer(request, response))

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  const provider = new Provider(issuer || `http://127.0.0.1:${port}`, {
    clients,
    jwks,
    cookies: { keys: [secret] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub', 'oid', 'tid', 'roles', 'groups'], profile: ['name', 'preferred_username'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    async loadExistingGrant (context) {
      const { client, session } = context.oidc
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    }
  })
  const protocol = provider.callback()
  answer = async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return protocol(request, response)
    const { params } = await provider.interactionDetails(request, response)
    const accountId = params.login_hint ?? Object.keys(people)[0]
    return provider.interactionFinished(request, response, { login: { accountId } })
  }
  console.log(JSON.stringify({ port }))
})

process.stdin.resume().on('end', () => process.exit())

import { commands } from '../commands/table.ts'
import { bundle } from './bundle.ts'
import { keyImage } from './image.ts'
import { DISPLAY, integrationYaml } from './integration.ts'
import { playbooks, playbookYaml } from './playbooks.ts'
import { integrationReadme } from './readme.ts'

const NAME = 'KeysteadCipherTrust'
const FOLDER = `Packs/${NAME}`
const INTEGRATION = `${FOLDER}/Integrations/${NAME}`

/** Every file of the content pack by its path, and the one YAML that a user uploads by hand. */
export async function packFiles(
  version: string,
): Promise<Readonly<Record<string, string | Buffer>>> {
  const script = await bundle(version)
  const image = keyImage()
  return {
    [`${FOLDER}/pack_metadata.json`]: `${JSON.stringify(metadata(version), null, 4)}\n`,
    [`${FOLDER}/README.md`]: packReadme,
    [`${FOLDER}/.pack-ignore`]: '',
    // What the test playbooks make and delete again.
    [`${FOLDER}/.secrets-ignore`]:
      'Testuserpassword123!\nTestkeypassword123!\nhttps://keys.example.com\n',
    [`${FOLDER}/ReleaseNotes/${version.replaceAll('.', '_')}.md`]: releaseNotes,
    [`${INTEGRATION}/${NAME}.yml`]: integrationYaml(commands),
    [`${INTEGRATION}/${NAME}.js`]: script,
    [`${INTEGRATION}/${NAME}_description.md`]: description,
    [`${INTEGRATION}/${NAME}_image.png`]: image,
    [`${INTEGRATION}/README.md`]: integrationReadme(commands),
    ...Object.fromEntries(
      playbooks.map((playbook) => [
        `${FOLDER}/TestPlaybooks/${playbook.file}`,
        playbookYaml(playbook),
      ]),
    ),
    [`integration-${NAME}.yml`]: integrationYaml(commands, {
      script,
      image: `data:image/png;base64,${image.toString('base64')}`,
      description,
    }),
  }
}

const metadata = (version: string) => ({
  name: DISPLAY,
  description:
    'Users, groups, local and external CAs and certificates of a CipherTrust Manager or a Keystead.',
  support: 'community',
  currentVersion: version,
  author: 'Keystead',
  url: '',
  email: '',
  categories: ['Authentication & Identity Management'],
  tags: [],
  useCases: ['Identity and Access Management'],
  keywords: ['CipherTrust', 'Keystead', 'key management', 'certificate authority'],
  marketplaces: ['xsoar', 'marketplacev2'],
})

const description = `Each command signs in with the username and password of the instance, in the root domain.

- **Server URL**: such as \`https://keys.example.com\`. It must begin with \`https://\`.
- **Username** and **Password**: a user in groups that may do what your playbooks do, such as User Admins and CA Admins.
- When the server's certificate comes from a CA of its own, give that CA to XSOAR rather than trusting any certificate.
`

const packReadme = `# ${DISPLAY}

Manages a CipherTrust Manager, or a Keystead that stands in its place, from Cortex XSOAR.

- **Groups**: make, rename, list and delete them, and put users into them.
- **Users**: make, change, unlock, list and delete them, and let them change their password.
- **Certificate authorities**: make local CAs, sign or install them, issue, hold, revoke and delete certificates, and make CAs from elsewhere known.

The commands and their context are those of the published pack for CipherTrust Manager and of the documentation before it. The integration
has the same id, \`CipherTrust\`, so that playbooks need no change: install one of the two.
`

const releaseNotes = `
#### Integrations

##### New: ${DISPLAY}

- Manages users, groups, local and external CAs and certificates.
`

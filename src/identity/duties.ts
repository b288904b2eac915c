/**
 * What members of the predefined groups may do. One row per group: the code below asks the row and names no group
 * but `admin`. Groups that customers make carry no duties; they matter where an object's own permissions name them.
 */

interface Predefined {
  /** Actions of the endpoints' `access`; `*` stands for any characters. */
  readonly duties: readonly string[]
  /** Its members have power over others, so joining it is a promotion. */
  readonly administrative: boolean
}

const admins = (...duties: string[]): Predefined => ({ duties, administrative: true })
/** Members have no powers of their own, only what an object's permissions give to the group. */
const members: Predefined = { duties: [], administrative: false }

export const ADMIN_GROUP = 'admin'

/** The extent of several groups is not published; each is kept to the area that its name says (reference 6). */
export const predefinedGroups: Readonly<Record<string, Predefined>> = {
  [ADMIN_GROUP]: admins('*'),
  'All Clients': members,
  'Application Data Protection Admins': admins('*DataProtection*'),
  'Application Data Protection Clients': members,
  'Audit Admins': admins(
    'ReadAuditRecord',
    'ReadClientAuditRecord',
    'ReadAlarm',
    'ReadAlarmConfig',
  ),
  'Backup Admins': admins('*Backup', '*BackupKey'),
  'CA Admins': admins('*LocalCA', '*ExternalCA', '*Certificate', '*CSR'),
  'CCKM Admins': admins('*CloudKey', '*CloudVault', '*CloudAccount'),
  'CCKM Users': members,
  'Client Admins': admins('*ClientProfile', '*RegToken', '*RegisteredClient'),
  'Connection Admins': admins('*CloudConnection', '*ServerConnection'),
  'CTE Admins': admins('*CTE*'),
  // They may read what agents read (cte/readers.ts): an area's rule about its objects, and no power over others.
  'CTE Clients': members,
  'Domain Admins': admins(
    'ReadDomain',
    'UpdateDomain',
    'ReadDomainKek',
    'RotateDomainKek',
    'ReadCryptoSettings',
    'UpdateCryptoSettings',
  ),
  // No `*Key`: the keys that sign tokens and seal the store are not theirs.
  'Key Admins': admins(
    'CreateKey',
    'ReadKey',
    'UpdateKey',
    'DeleteKey',
    'DestroyKey',
    'ExportKey',
    'UploadKey',
    'UseKey',
    '*WithKey',
    '*KeyVersion',
    'ArchiveKey',
    'RecoverKey',
    'RevokeKey',
    'ReActivateKey',
    '*Link',
    '*KeyPolicy',
    '*KeyTemplate',
    'ReadOrphanedKey',
    // What a domain allows beyond the rule is decided above them.
    'ReadCryptoSettings',
  ),
  // They may make keys of their own: the vault's rule about its objects, and no power over others.
  'Key Users': members,
  'ProtectFile Users': members,
  'System Admins': admins(
    '*Interface',
    '*NTPServer',
    'ReadService',
    'RestartService',
    'UpdateSystemInfo',
    'ReadAlarm',
    'AcknowledgeAlarm',
    'ClearAlarm',
    // Adding one could let them sign in as anybody, so only members of admin do.
    'ReadTrustedCA',
  ),
  'User Admins': admins(
    'CreateUser',
    'ReadUser',
    'UpdateUser',
    'DeleteUser',
    'SetUserExpiry',
    'CreateGroup',
    'UpdateGroup',
    'DeleteGroup',
    'AddUserToGroup',
    'RemoveUserFromGroup',
    'CreatePasswordPolicy',
    'ReadPasswordPolicy',
    'UpdatePasswordPolicy',
    'DeletePasswordPolicy',
  ),
}

/** Of everyone who is signed in. XSOAR tests its connection by listing groups. */
const EVERYONES_DUTIES = ['ReadGroup']

type Matcher = (action: string) => boolean

/** The patterns are this file's own, never a user's text. */
function compile(patterns: readonly string[]): Matcher {
  const sources = patterns.map((pattern) => pattern.split('*').map(literal).join('.*'))
  const whole = new RegExp(`^(?:${sources.join('|')})$`)
  return patterns.length === 0 ? () => false : (action) => whole.test(action)
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const matchers: ReadonlyMap<string, Matcher> = new Map(
  Object.entries(predefinedGroups).map(([name, { duties }]) => [name, compile(duties)]),
)
const everyone = compile(EVERYONES_DUTIES)

/** Whether one who is in these groups may do this. What no row names is refused. */
export const grants = (groups: readonly string[], action: string): boolean =>
  everyone(action) || groups.some((group) => matchers.get(group)?.(action) === true)

/**
 * Whether one who is in `callerGroups` may decide over `otherGroups`: put users into them, take users out, or change
 * a user who is in all of them. Nobody reaches powers that way that he does not hold himself.
 */
export function mayManage(
  callerGroups: readonly string[],
  otherGroups: readonly string[],
): boolean {
  return otherGroups.every((name) => {
    if (!Object.hasOwn(predefinedGroups, name)) return true
    const group = predefinedGroups[name]
    if (!group?.administrative) return true
    // A pattern is held when one of the caller's own covers its very text: a star is only covered by a star.
    return group.duties.every((duty) =>
      callerGroups.some((own) => matchers.get(own)?.(duty) === true),
    )
  })
}

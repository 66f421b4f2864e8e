/** The people of the end-to-end test, as a directory holds them, with passwords of chance. */
import { randomBytes } from 'node:crypto';

export interface Person {
  readonly name: string;
  readonly password: string;
  /** Number under which this person's pod runs, and owns files in the exchange. */
  readonly userId: number;
  readonly group: 'course' | 'library';
}

export interface People {
  readonly student: Person;
  /** Another student of the same course. */
  readonly neighbour: Person;
  readonly instructor: Person;
  /** In the directory, and in no group that may log in. */
  readonly stranger: Person;
}

export const suffix = 'dc=hubwright,dc=test';
export const bindTemplate = `uid={username},ou=people,${suffix}`;

const makePerson = (name: string, userId: number, group: Person['group']): Person => ({
  name,
  password: randomBytes(12).toString('base64url'),
  userId,
  group,
});

/** Everybody, with passwords of this run alone. */
export function makePeople(): People {
  return {
    student: makePerson('ada', 1001, 'course'),
    neighbour: makePerson('ben', 1001, 'course'),
    instructor: makePerson('ines', 1000, 'course'),
    stranger: makePerson('otto', 1001, 'library'),
  };
}

/** DN of a group. */
export function groupName(group: Person['group']): string {
  return `cn=${group},ou=groups,${suffix}`;
}

/** People and groups as LDIF (RFC 2849). */
export function peopleAsLdif(people: People): string {
  const everybody = Object.values(people) as readonly Person[];
  const dn = ({ name }: Person): string => bindTemplate.replace('{username}', name);
  const entries = [
    [`dn: ${suffix}`, 'objectClass: dcObject', 'objectClass: organization', 'dc: hubwright', 'o: hubwright'],
    [`dn: ou=people,${suffix}`, 'objectClass: organizationalUnit', 'ou: people'],
    [`dn: ou=groups,${suffix}`, 'objectClass: organizationalUnit', 'ou: groups'],
    ...everybody.map((person) => [
      `dn: ${dn(person)}`,
      'objectClass: inetOrgPerson',
      `uid: ${person.name}`,
      `cn: ${person.name}`,
      `sn: ${person.name}`,
      `userPassword: ${person.password}`,
    ]),
    ...(['course', 'library'] as const).map((group) => [
      `dn: ${groupName(group)}`,
      'objectClass: groupOfNames',
      `cn: ${group}`,
      ...everybody.filter((person) => person.group === group).map((person) => `member: ${dn(person)}`),
    ]),
  ];
  return entries.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

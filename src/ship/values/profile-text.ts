/** Profile lists → Helm values for the zero-to-jupyterhub chart, as text. Pure. */
import { stringify } from 'yaml';
import type { Profile } from './profile-list.ts';

/** One list for all users of a hub. */
export function profileListText(profiles: readonly Profile[]): string {
  return yaml({ singleuser: { profileList: profiles } });
}

/** The chart has one list; the hub's own configuration chooses among several by the user's groups. */
const chooseByGroup = (usual: string): string => `from z2jh import get_config

def profile_list(spawner):
    """The list of the first role whose group the user is in; else that of \`${usual}\`."""
    lists = get_config("custom.profileLists")
    groups = {group.name for group in spawner.user.groups}
    roles = [role for role in lists if role != "${usual}" and {role, role + "s"} & groups]
    return lists[roles[0] if roles else "${usual}"]

c.KubeSpawner.profile_list = profile_list
`;

/** A list for each role; a user in the hub's group \`instructors\` (or \`instructor\`) sees that of \`instructor\`. */
export function profileListsText(lists: ReadonlyMap<string, readonly Profile[]>): string {
  const [first = ''] = lists.keys();
  // Who is in no group must not get the instructors' images because those stand first.
  const usual = lists.has('student') ? 'student' : first;
  return yaml({
    custom: { profileLists: Object.fromEntries(lists) },
    hub: { extraConfig: { profiles: chooseByGroup(usual) } },
  });
}

function yaml(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

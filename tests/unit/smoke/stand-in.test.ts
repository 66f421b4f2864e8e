import { expect, test } from 'vitest';
import { startsHubServer } from '../../../src/smoke/contract/singleuser/stand-in.ts';

const pipScript = `#!/usr/bin/python3 -s
# -*- coding: utf-8 -*-
import sys
from jupyterhub.singleuser import main
if __name__ == "__main__":
    sys.exit(main())
`;

test.each([
  pipScript,
  '#!/bin/bash\n. /opt/conda/etc/profile.d/conda.sh\nexec /opt/conda/bin/jupyterhub-singleuser "$@"\n',
  '#!/bin/sh\nexec python3 -m jupyterhub.singleuser "$@"\n',
  '#!/opt/conda/bin/python\nfrom jupyterlab.labhubapp import main\n',
])('a script that goes on to the hub server is no stand-in: %j', (text) => {
  expect(startsHubServer(text)).toBe(true);
});

test.each([
  '#!/bin/sh\n# in the place of jupyterhub-singleuser\nexec jupyter lab --ServerApp.base_url="$JUPYTERHUB_SERVICE_PREFIX"\n',
  '#!/bin/sh\nexec code-server --bind-addr 0.0.0.0:8888\n',
])('a script that starts something else is: %j', (text) => {
  expect(startsHubServer(text)).toBe(false);
});

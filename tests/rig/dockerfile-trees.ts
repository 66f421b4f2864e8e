/**
 * Trees of Dockerfiles as people have them: the shapes of well-known projects (who stands on whom, how references
 * are put together, what is copied from where), with contents of our own.
 */
export type TreeFiles = Readonly<Record<string, string>>;

/** A Dockerfile that stands on a published one, whose name three arguments make up. */
function on(parent: string, ...rest: readonly string[]): string {
  return [
    'ARG REGISTRY=quay.io',
    'ARG OWNER=jupyter',
    `ARG BASE_IMAGE=$REGISTRY/$OWNER/${parent}`,
    'FROM $BASE_IMAGE',
    'LABEL maintainer="the rig <rig@example.org>"',
    'SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
    ...rest,
    'USER ${NB_UID}',
    '',
  ].join('\n');
}

/** Fourteen notebook images, six levels deep, each named by three arguments; makes for GPUs in sub-folders. */
export function notebookStacks(): TreeFiles {
  return {
    'README.md': 'Stacks.\n',
    'images/docker-stacks-foundation/Dockerfile': [
      '# What all others stand on.',
      'ARG ROOT_IMAGE=ubuntu:24.04',
      'FROM $ROOT_IMAGE',
      'ARG NB_UID="1000"',
      'RUN ./bin/tool install --yes \\',
      "    # the core alone\n    'jupyter_core' && \\",
      '    mkdir /usr/local/bin/start-notebook.d',
      'COPY --chown="${NB_UID}:100" initial-rc "/opt/.rc"',
      'COPY run-hooks.sh start.sh /usr/local/bin/',
      'ENTRYPOINT ["tini", "-g", "--", "start.sh"]',
      'USER ${NB_UID}',
      '',
    ].join('\n'),
    'images/docker-stacks-foundation/initial-rc': '',
    'images/docker-stacks-foundation/run-hooks.sh': '',
    'images/docker-stacks-foundation/start.sh': '',
    'images/base-notebook/Dockerfile': on(
      'docker-stacks-foundation',
      "RUN mamba install --yes 'jupyterhub-singleuser' 'jupyterlab'",
      'CMD ["start-notebook.py"]',
      'COPY start-notebook.py /usr/local/bin/',
    ),
    'images/base-notebook/start-notebook.py': '',
    'images/minimal-notebook/Dockerfile': on('base-notebook', 'COPY setup-scripts/ /opt/setup-scripts/'),
    'images/minimal-notebook/setup-scripts/a.py': '',
    'images/scipy-notebook/Dockerfile': on('minimal-notebook'),
    'images/r-notebook/Dockerfile': on('minimal-notebook'),
    'images/julia-notebook/Dockerfile': on('minimal-notebook'),
    'images/datascience-notebook/Dockerfile': on('scipy-notebook'),
    'images/tensorflow-notebook/Dockerfile': on('scipy-notebook', 'COPY 20proxy-env.sh /opt/'),
    'images/tensorflow-notebook/20proxy-env.sh': '',
    'images/tensorflow-notebook/cuda/Dockerfile': on(
      'scipy-notebook',
      'COPY 20proxy-env.sh /opt/',
      'COPY --chown="${NB_UID}:100" cuda/lib-dirs.sh "${CONDA_DIR}/etc/"',
    ),
    'images/tensorflow-notebook/cuda/lib-dirs.sh': '',
    'images/pytorch-notebook/Dockerfile': on('scipy-notebook'),
    'images/pytorch-notebook/cuda12/Dockerfile': on('scipy-notebook'),
    'images/pytorch-notebook/cuda13/Dockerfile': on('scipy-notebook'),
    'images/pyspark-notebook/Dockerfile': on('scipy-notebook', 'COPY setup_spark.py /opt/setup-scripts/'),
    'images/pyspark-notebook/setup_spark.py': '',
    'images/all-spark-notebook/Dockerfile': on('pyspark-notebook'),
  };
}

/** Five images that a Makefile builds one after the other, each named by a registry and a version. */
export function makefileProject(): TreeFiles {
  return {
    Makefile: 'all:\n\tdocker build -t gcr.io/proj/base:v1 base\n',
    'base/Dockerfile': 'FROM debian:trixie-slim\nRUN pip install jupyterhub==5.4.0 jupyterlab==4.5.0\n',
    'course/Dockerfile': 'FROM gcr.io/proj/base:v1\nCOPY kit /srv/kit\n',
    'course/kit/a.txt': '',
    'hub/Dockerfile': 'FROM gcr.io/proj/base:v1\nCMD ["jupyterhub", "-f", "/srv/config.py"]\n',
    'proxy/Dockerfile':
      'FROM node:24-slim\nRUN npm install -g configurable-http-proxy@5\nCOPY --from=gcr.io/proj/base:v1 /etc/motd /etc/motd\n',
    'db/Dockerfile': 'FROM mariadb:11\nCOPY shared/init.sql /docker-entrypoint-initdb.d/\n',
    'shared/init.sql': '',
  };
}

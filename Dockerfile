# The base is an argument, so that a mirror or a pinned digest needs no change here:
#   docker build --build-arg NODE_DIGEST=sha256:… -t waiaas:0.1.0 .
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG NODE_DIGEST=

FROM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}} AS bundle
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY packages/admin/package.json packages/admin/
COPY packages/cli/package.json packages/cli/
COPY packages/contract/package.json packages/contract/
COPY packages/daemon/package.json packages/daemon/
COPY packages/localnet/package.json packages/localnet/
COPY packages/mcp/package.json packages/mcp/
COPY packages/sdk/package.json packages/sdk/
# Not the root's tools for tests, and no install script of anybody: native code comes prebuilt inside its package.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --include-workspace-root=false --workspace=@waiaas/admin --workspace=@waiaas/cli --workspace=@waiaas/daemon --workspace=@waiaas/mcp
COPY LICENSE tsconfig.json ./
COPY scripts scripts
COPY packages packages
COPY skills skills
RUN node scripts/bundle.ts --out /app

# One run of what was built: a build for a platform on which it does not start fails here. It leaves the compiled
# code, which a start of the daemon and each health check then need not make again.
FROM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}} AS compiled
COPY --from=bundle /app /app
COPY docker/compile.mjs /tmp/
RUN install -d -o 1001 -g 1001 /compiled /run/first
USER 1001:1001
RUN NODE_COMPILE_CACHE=/compiled WAIAAS_DATA_DIR=/run/first/data node /tmp/compile.mjs /app/lib/waiaas.js \
 && chmod -R a+rX /compiled

FROM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}}
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="waiaas" \
      org.opencontainers.image.description="Self-hosted Wallet-as-a-Service for AI agents" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
# The program installs nothing at run time, so the package managers of the base go.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && groupadd --gid 1001 waiaas \
 && useradd --uid 1001 --gid 1001 --home-dir /data --no-create-home --shell /usr/sbin/nologin waiaas \
 && install -d -o 1001 -g 1001 -m 0700 /data \
 && ln -s /app/lib/waiaas.js /usr/local/bin/waiaas \
 && ln -s /app/lib/waiaas-mcp.js /usr/local/bin/waiaas-mcp
COPY --from=bundle /app /app
# Root's, like everything but /data: the daemon cannot change the code that it will run next time.
COPY --from=compiled --chown=0:0 /compiled /app/compiled
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled WAIAAS_DATA_DIR=/data HOME=/data
USER 1001:1001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 3100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["waiaas", "status"]
ENTRYPOINT ["waiaas"]
CMD ["start"]

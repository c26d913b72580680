# One image, one command (`keygate`), one role per container: `key-manager` or `gateway`.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY proto/package.json proto/
COPY libs/common/package.json libs/common/
COPY apps/cli/package.json apps/cli/
COPY apps/gateway/package.json apps/gateway/
COPY apps/key-manager/package.json apps/key-manager/

# What runs in production needs no install script, so none gets to run.
FROM manifests AS dependencies
RUN npm ci --omit=dev --ignore-scripts

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.base.json ./
COPY proto/ proto/
COPY libs/ libs/
COPY apps/ apps/
RUN npm run build

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    KEYGATE_DATA_DIR=/var/lib/keygate
WORKDIR /app
COPY --from=dependencies /app/ ./
COPY --from=build /app/proto/dist/ proto/dist/
COPY --from=build /app/libs/common/dist/ libs/common/dist/
COPY --from=build /app/apps/cli/dist/ apps/cli/dist/
COPY --from=build /app/apps/gateway/dist/ apps/gateway/dist/
COPY --from=build /app/apps/key-manager/dist/ apps/key-manager/dist/
COPY LICENSE ./
COPY deploy/healthcheck.mjs deploy/
# A new volume mounted at one of these folders takes over its owner, so the unprivileged user can write there.
RUN install -d -o node -g node -m 0700 /var/lib/keygate /etc/keygate/ca /etc/keygate/key-manager /etc/keygate/gateway
USER node
VOLUME /var/lib/keygate
EXPOSE 8243 8280 8099 9099 9443 9763 10397
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "deploy/healthcheck.mjs"]
ENTRYPOINT ["node", "--max-semi-space-size=32", "apps/cli/dist/main.js"]
CMD ["--help"]

# syntax=docker/dockerfile:1
# OpenFlow: the server with the web client in it. Build with `docker build -t openflow .`

FROM rust:1.95-bookworm AS build
WORKDIR /src
# Named one by one: a folder of data or build results is never sent to the builder.
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY .cargo .cargo
COPY assets assets
COPY bench bench
COPY client client
COPY collab-server collab-server
COPY engine engine
COPY migrations migrations
COPY shared shared
COPY xtask xtask
# The caches live outside the image, so what is kept is copied out of them in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask build-client \
 && cargo build --release --locked --package openflow-collab-server --bin openflow \
 && cp target/release/openflow /openflow \
 && cp -r target/web /web

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates curl ffmpeg \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin openflow \
 && install --directory --owner=openflow --group=openflow --mode=0750 /data
COPY --from=build /openflow /usr/local/bin/openflow
COPY --from=build /web /usr/share/openflow/web
COPY LICENSE /usr/share/openflow/LICENSE
ENV OPENFLOW_LISTEN=0.0.0.0:8080 \
    OPENFLOW_DATA_DIR=/data \
    OPENFLOW_WEB_DIR=/usr/share/openflow/web
USER openflow
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD curl --fail --silent --output /dev/null http://127.0.0.1:8080/readyz
# SIGTERM lets rooms save and requests finish.
STOPSIGNAL SIGTERM
CMD ["openflow", "serve"]

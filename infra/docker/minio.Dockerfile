# MinIO as an ordinary user: its own image runs as root, and a new volume belongs to whom its folder does.
FROM minio/minio:RELEASE.2025-09-07T16-13-09Z
USER 0
RUN mkdir /lake && chown 1000:1000 /lake
USER 1000

# All images of Nova-Torch, from the root of the repository:
#   docker buildx bake -f deploy/docker/docker-bake.hcl
# Every variable can be set in the environment.

# What stands before the name of an image, and after it: the compose file reads the same two.
variable "NOVA_IMAGES" {
  default = "nova-torch/"
}
variable "NOVA_VERSION" {
  default = "0.1.0"
}
# The commit, and its time in seconds since 1970: what the files and labels of the images carry.
variable "NOVA_REVISION" {
  default = "unknown"
}
variable "SOURCE_DATE_EPOCH" {
  default = "0"
}
variable "NODE_IMAGE" {
  default = "node:24-bookworm-slim"
}

group "default" {
  targets = ["image"]
}

target "image" {
  name       = name
  matrix     = { name = ["registry", "task-router", "spawner", "collaboration", "gateway", "cli"] }
  target     = name
  context    = "."
  dockerfile = "deploy/docker/Dockerfile"
  tags       = ["${NOVA_IMAGES}${name}:${NOVA_VERSION}"]
  # No record of the build is added to the image: it would carry the time, and differ each time.
  attest     = ["type=provenance,disabled=true"]
  args = {
    NODE_IMAGE        = NODE_IMAGE
    VERSION           = NOVA_VERSION
    REVISION          = NOVA_REVISION
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
    CREATED           = timeadd("1970-01-01T00:00:00Z", "${SOURCE_DATE_EPOCH}s")
  }
}

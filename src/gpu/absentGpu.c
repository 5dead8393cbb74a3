// A Vulkan driver in front of Mesa's RADV, for GPUs that are not in the machine: RADV compiles for them but cannot run
// anything, and Dawn would crash in the calls that it cannot do. They do nothing here. What RADV prints of a pipeline
// goes into the file LISTING. DRIVER is RADV's library.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void (*Function)(void);
typedef Function (*Lookup)(void *object, const char *name);
typedef int (*CreatePipelines)(void *device, uint64_t cache, uint32_t count, const void *infos, const void *allocator,
                               void *pipelines);
typedef int (*EnumerateDevices)(void *instance, uint32_t *count, void *devices);

static Lookup instance_function, device_function;
static CreatePipelines create_pipelines;
static EnumerateDevices enumerate_devices;

static Function of_driver(const char *name) {
  static void *driver;
  if (!driver) driver = dlopen(DRIVER, RTLD_NOW | RTLD_LOCAL);
  return driver ? (Function)dlsym(driver, name) : 0;
}

// RADV prints to the standard error, which goes to `file` until `restore_errors`.
static int redirect_errors(const char *file) {
  fflush(stderr);
  int errors = dup(2), target = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(target, 2);
  close(target);
  return errors;
}

static void restore_errors(int errors) {
  fflush(stderr);
  dup2(errors, 2);
  close(errors);
}

static int create_listed_pipelines(void *device, uint64_t cache, uint32_t count, const void *infos,
                                   const void *allocator, void *pipelines) {
  int errors = redirect_errors(LISTING);
  int result = create_pipelines(device, cache, count, infos, allocator, pipelines);
  restore_errors(errors);
  return result;
}

// RADV complains that the GPU has no address on a bus.
static int enumerate_devices_quietly(void *instance, uint32_t *count, void *devices) {
  int errors = redirect_errors("/dev/null");
  int result = enumerate_devices(instance, count, devices);
  restore_errors(errors);
  return result;
}

static int do_nothing(void) { return 0; }

static Function replaced_device_function(void *device, const char *name) {
  static const char *idle[] = {"vkBeginCommandBuffer", "vkEndCommandBuffer",   "vkResetCommandPool", "vkQueueSubmit",
                               "vkQueueSubmit2",       "vkQueueWaitIdle",      "vkWaitForFences",    "vkDestroyCommandPool",
                               "vkFreeCommandBuffers"};
  for (unsigned i = 0; i < sizeof idle / sizeof *idle; i++) {
    if (!strcmp(name, idle[i])) return (Function)do_nothing;
  }
  Function found = device_function(device, name);
  if (!found || strcmp(name, "vkCreateComputePipelines")) return found;
  create_pipelines = (CreatePipelines)found;
  return (Function)create_listed_pipelines;
}

Function vk_icdGetInstanceProcAddr(void *instance, const char *name) {
  if (!instance_function) instance_function = (Lookup)of_driver("vk_icdGetInstanceProcAddr");
  Function found = instance_function ? instance_function(instance, name) : 0;
  if (!found) return 0;
  if (!strcmp(name, "vkGetDeviceProcAddr")) {
    device_function = (Lookup)found;
    return (Function)replaced_device_function;
  }
  if (!strcmp(name, "vkEnumeratePhysicalDevices")) {
    enumerate_devices = (EnumerateDevices)found;
    return (Function)enumerate_devices_quietly;
  }
  return found;
}

Function vk_icdGetPhysicalDeviceProcAddr(void *instance, const char *name) {
  Lookup lookup = (Lookup)of_driver("vk_icdGetPhysicalDeviceProcAddr");
  return lookup ? lookup(instance, name) : 0;
}

int vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  int (*negotiate)(uint32_t *) = (int (*)(uint32_t *))of_driver("vk_icdNegotiateLoaderICDInterfaceVersion");
  return negotiate ? negotiate(version) : -1;
}

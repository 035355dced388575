# Builds the kernel programs and their skeleton header. Gives the target stray_skeleton with its include directory.
find_program(STRAY_CLANG NAMES clang clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 REQUIRED)
find_program(STRAY_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
find_program(STRAY_STRIP NAMES llvm-strip llvm-strip-21 llvm-strip-20 llvm-strip-19 llvm-strip-18 llvm-strip-17
             llvm-strip-16 llvm-strip-15 llvm-strip-14)

set(STRAY_SKELETON_DIR ${PROJECT_BINARY_DIR}/skeleton)
set(STRAY_BPF_SOURCE ${PROJECT_SOURCE_DIR}/bpf/lifecycle.bpf.c)
set(STRAY_BPF_OBJECT ${STRAY_SKELETON_DIR}/lifecycle.bpf.o)
set(STRAY_BPF_DEPFILE ${STRAY_SKELETON_DIR}/lifecycle.bpf.d)
set(STRAY_SKELETON ${STRAY_SKELETON_DIR}/lifecycle.skel.h)
file(MAKE_DIRECTORY ${STRAY_SKELETON_DIR})

set(STRAY_BPF_INCLUDES)
foreach(dir ${LIBBPF_INCLUDE_DIRS}) # empty where libbpf stands in a default directory
  list(APPEND STRAY_BPF_INCLUDES -I${dir})
endforeach()

# -mcpu=v2: with v3's 32-bit registers clang writes bounds checks that the verifier of 5.10 cannot follow.
# -g: BTF, which relocations and the skeleton need; the DWARF beside it is stripped.
set(STRAY_STRIP_COMMAND)
if(STRAY_STRIP)
  set(STRAY_STRIP_COMMAND COMMAND ${STRAY_STRIP} -g ${STRAY_BPF_OBJECT})
endif()
add_custom_command(
  OUTPUT ${STRAY_BPF_OBJECT}
  COMMAND ${STRAY_CLANG} -target bpf -mcpu=v2 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror
          ${STRAY_BPF_INCLUDES} -MD -MF ${STRAY_BPF_DEPFILE} -MT ${STRAY_BPF_OBJECT}
          -c ${STRAY_BPF_SOURCE} -o ${STRAY_BPF_OBJECT}
  ${STRAY_STRIP_COMMAND}
  DEPENDS ${STRAY_BPF_SOURCE}
  DEPFILE ${STRAY_BPF_DEPFILE}
  COMMENT "Building the kernel programs"
  VERBATIM)
add_custom_command(
  OUTPUT ${STRAY_SKELETON}
  COMMAND ${STRAY_BPFTOOL} gen skeleton ${STRAY_BPF_OBJECT} name lifecycle > ${STRAY_SKELETON}.new
  COMMAND ${CMAKE_COMMAND} -E rename ${STRAY_SKELETON}.new ${STRAY_SKELETON}
  DEPENDS ${STRAY_BPF_OBJECT}
  COMMENT "Generating the skeleton of the kernel programs"
  VERBATIM)

add_custom_target(stray_skeleton_header DEPENDS ${STRAY_SKELETON})
add_library(stray_skeleton INTERFACE)
target_include_directories(stray_skeleton SYSTEM INTERFACE ${STRAY_SKELETON_DIR})
add_dependencies(stray_skeleton stray_skeleton_header)

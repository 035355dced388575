// SPDX-License-Identifier: Apache-2.0
// Writes records into a capture, from a thread of its own: a slow disk holds up nobody but itself, and what
// was appended is in the file within flush_ns whatever the caller does. Knows of a record its size, its time
// and its count of losses, and nothing else.
//
// Failure: what cannot be created when the writer is made throws. Later the first failure (disk full, file
// name taken) stops the writer for good; status() says it, and every record that is not in the file is
// counted as dropped. Also dropped is what comes while more than queue_bytes wait for the disk. The capture
// says itself how many.
//
// Destroyed without close() (an exception, say) the file holds all that was appended but no end mark: readers
// call it torn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/capture.hpp"
#include "record/event.hpp"

namespace stray {

struct CaptureOptions {
  std::string path;                  // the first file; the next ones are PATH.000001, PATH.000002, ...
  std::uint64_t rotate_bytes = 0;    // size of a file; 0: with total_bytes an eighth of it, else no bound
  std::uint64_t total_bytes = 0;     // of the series: the oldest files are deleted; 0: no bound
  std::vector<std::string> earlier;  // files of earlier runs that the total counts too, oldest first
  std::uint64_t rotate_age_ns = 0;   // of a file; 0: no bound
  std::uint64_t checkpoint_bytes =
      64 << 20;                         // records between two checkpoints, before compression; 0: none wanted
  int level = -1;                       // of zstd; docs/performance.md compares them
  std::size_t block_bytes = 256 << 10;  // records in a block, before compression; at most 4 MiB
  std::uint64_t flush_ns = 1'000'000'000;  // the longest that a record waits for its block to fill
  std::uint64_t sync_ns =
      10'000'000'000;                  // fdatasync at most so often, against power loss; 0: only at the end
  std::size_t queue_bytes = 64 << 20;  // that may wait for the disk
};

struct CaptureStatus {
  int error = 0;              // errno of what stopped the writer; 0: none
  std::string text;           // the same for a person
  std::uint64_t records = 0;  // written, checkpoints included
  std::uint64_t dropped = 0;  // appended and never to be found in the file
  std::uint64_t bytes = 0;    // of all files of the series that were not deleted
  std::uint64_t files = 0;    // created
};

class CaptureWriter {
 public:
  // Creates the file (mode 0600, never an existing one). A series id of zeros is replaced by a random one.
  // Throws std::system_error, saying what failed, and std::invalid_argument for options that make no sense.
  CaptureWriter(const CaptureOptions& options, CaptureHeader header);
  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  void append(RawRecord record);  // copies
  void flush();                   // returns when all that was appended is in the file, or failed
  void close();                   // flush, end mark, fdatasync

  // The file has its size or age: time for rotate(). Then a checkpoint is due, since each file is to stand
  // alone.
  bool wants_rotation(BootTime now) const;
  void rotate(
      CaptureHeader next);  // ends this file properly and opens the next; series and sequence are set here

  // So much was written since the last checkpoint that a reader who seeks would have to read a lot.
  bool wants_checkpoint() const;
  // What is appended in between rebuilds the state of `now` from nothing. Readers that come from before skip
  // it.
  void begin_checkpoint(BootTime now);
  void end_checkpoint();

  CaptureStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stray

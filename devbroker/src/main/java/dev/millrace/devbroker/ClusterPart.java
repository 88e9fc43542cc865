package dev.millrace.devbroker;

import java.util.List;

/**
 * One node of a cluster whose other nodes run in other processes.
 *
 * @param node its number, from 0
 * @param controllerPorts the ports on which the nodes find each other, by node
 */
record ClusterPart(int node, List<Integer> controllerPorts) {

  ClusterPart {
    controllerPorts = List.copyOf(controllerPorts);
    if (node < 0 || node >= controllerPorts.size()) {
      throw new IllegalArgumentException(
          "Cannot make a node of a cluster: its number is out of range (node="
              + node
              + ", nodes="
              + controllerPorts.size()
              + "). Pass a number below that of the controller ports.");
    }
  }
}
